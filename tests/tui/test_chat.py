"""The Chat screen with the tiny model and the real runtime: turns, conversations, parameters, failures."""

from __future__ import annotations

import dataclasses
import json
from collections import deque
from pathlib import Path

from textual import events
from textual.widgets import Button, Input, TextArea

from slmtui.runtime import conversations, tuned
from slmtui.runtime.conversation import Turn
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.widgets.answer_text import AnswerText
from slmtui.tui.widgets.figures_panel import FiguresPanel
from slmtui.tui.widgets.transcript import Transcript
from tests.tui.chat_bench import answered, ask, copy_of, deploy, figures, open_chat, questions
from tests.tui.walking import known_answers, offered, primary, screen_text, settled, until

SIZE = (120, 40)


async def test_turns_are_edited_deleted_regenerated_and_taken_back(sample_dir, converted_sample) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        question = await open_chat(pilot, app)
        await pilot.press("f12")
        assert app.chat.conversation.parameters.greedy
        first = await ask(pilot, app, "hello")
        await ask(pilot, app, "How long is the warranty?")
        await ask(pilot, app, "what can you do?")
        assert first in known_answers()
        assert app.chat.turns[-1].answer.cached_tokens > 0

        await pilot.press("up")
        assert question.text == "what can you do?"
        await pilot.press("up", "up", "down", "down", "down")
        assert question.text == ""

        # Delete the second, and take it back.
        await pilot.press("shift+tab", "k", "d")
        await until(pilot, lambda: questions(app) == ["hello", "what can you do?"])
        await pilot.press("u")
        await until(pilot, lambda: len(app.chat.turns) == 3)

        # Edit the first: what came after it goes; and comes back.
        await pilot.press("k", "k", "k", "e")
        await until(pilot, lambda: question.text == "hello")
        assert "Enter asks turn 1 anew; 2 later turns go. Esc leaves it." in screen_text(app)
        await pilot.press("escape")
        assert question.text == ""
        app.screen.query_one(Transcript).view(0).focus()
        await pilot.press("e")
        await until(pilot, lambda: question.text == "hello")
        await ask(pilot, app, "Why is the ring amber?")
        assert questions(app) == ["Why is the ring amber?"]
        app.screen.query_one(Transcript).view(0).focus()
        await pilot.press("u")
        await until(pilot, lambda: len(app.chat.turns) == 3)

        # Again, with a seed: the same answer.
        before = app.chat.turns[-1].text
        await pilot.press("ctrl+r")
        await answered(pilot, app)
        assert app.chat.turns[-1].text == before
        await app.action_quit()


async def test_conversations_are_kept_found_again_and_gone_on_with(sample_dir, converted_sample) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        await ask(pilot, app, "How long is the warranty?")
        first = app.chat.conversation.id
        assert conversations.load(first).turns == app.chat.turns
        await pilot.press("ctrl+l")
        assert app.chat.turns == ()
        await ask(pilot, app, "Why is the ring amber?")
        await app.action_quit()

    # Another day, after whatever has ended the app.
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        question = await open_chat(pilot, app)
        await pilot.press("up")
        assert question.text == "Why is the ring amber?"
        question.text = ""
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "Why is the ring amber?" in screen_text(app))
        await pilot.press(*"WARRANTY")
        await until(pilot, lambda: "Why is the ring amber?" not in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.chat.conversation.id == first)
        await ask(pilot, app, "hello")
        assert len(conversations.load(first).turns) == 2

        # The one that is shown cannot be deleted; the other one is, when it is asked for twice.
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "Why is the ring amber?" in screen_text(app))
        await pilot.press("ctrl+d")
        await until(pilot, lambda: "It is on the screen" in screen_text(app))
        await pilot.press("down", "ctrl+d")
        await until(pilot, lambda: "once more" in screen_text(app))
        await pilot.press("ctrl+d")
        await until(pilot, lambda: len(conversations.saved()[0]) == 1)
        await pilot.press("escape")
        await app.action_quit()


async def test_answers_are_judged_and_exported(sample_dir, converted_sample, tmp_path: Path) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        right = await ask(pilot, app, "How long is the warranty?")
        await ask(pilot, app, "hello")
        await pilot.press("shift+tab", "x")
        await until(pilot, lambda: app.screen.query("#expected"))
        app.screen.query_one("#expected", TextArea).text = "Good day."
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "should have been: Good day." in screen_text(app))
        await pilot.press("k", "y")
        await until(pilot, lambda: app.chat.turns[0].right)

        for form, suffix in (("suite", "jsonl"), ("markdown", "md"), ("json", "json")):
            await pilot.press("ctrl+s")
            await until(pilot, lambda: app.screen.query("#export-path"))
            moves = {"suite": [], "markdown": ["left", "left"], "json": ["left"]}[form]
            await pilot.press(*moves)
            app.screen.query_one("#export-path", Input).value = str(tmp_path / f"chat.{suffix}")
            await pilot.press("enter")
            await until(pilot, lambda: not app.screen.query("#export-path"))
        lines = [json.loads(line) for line in (tmp_path / "chat.jsonl").read_text("utf-8").splitlines()]
        said = app.chat.turns[1].text
        assert [(line["equals"], line["answer"]) for line in lines] == [(right, right), ("Good day.", said)]
        assert right in (tmp_path / "chat.md").read_text("utf-8")
        assert len(json.loads((tmp_path / "chat.json").read_text("utf-8"))["turns"]) == 2

        # A file that is there is replaced only when it is asked for twice.
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen.query("#export-path"))
        await pilot.press("left")
        (tmp_path / "chat.json").write_text("mine", "utf-8")
        app.screen.query_one("#export-path", Input).value = str(tmp_path / "chat.json")
        await pilot.press("enter")
        await until(pilot, lambda: "is there already" in screen_text(app))
        assert (tmp_path / "chat.json").read_text("utf-8") == "mine"
        await pilot.press("escape")
        await app.action_quit()


async def test_100_000_pasted_characters_are_a_sign_and_too_many_an_error_before_they_are_sent(
    sample_dir, converted_sample
) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        question = await open_chat(pilot, app)
        question.post_message(events.Paste("lorem ipsum " * 8_333 + "done"))
        await until(pilot, lambda: "100,000 characters" in screen_text(app))
        assert question.text == "[pasted 1: 100,000 characters]"
        await pilot.press("x")
        assert question.whole.endswith("donex")
        await pilot.press("enter")
        await answered(pilot, app)
        problem = app.chat.turns[-1].problem
        assert problem is not None
        assert "context" in problem.cause
        assert "100,001 characters in all" in screen_text(app)

        # To ask it again would be no help: it comes back to be changed.
        await until(pilot, lambda: offered(app) == "Edit")
        await pilot.press("enter")
        await until(pilot, lambda: "[pasted 1: 100,001 characters]" in question.text)
        await until(pilot, lambda: offered(app) == "Send")
        assert len(app.chat.turns) == 1
        await pilot.press("escape")
        await until(pilot, lambda: not question.text and offered(app) == "Edit")
        assert await ask(pilot, app, "hello") in known_answers()
        await app.action_quit()


async def test_parameters_are_checked_as_typed_and_used_for_the_next_answer(
    sample_dir, converted_sample
) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_chat(pilot, app)
        own = app.chat.conversation.parameters
        await pilot.press("ctrl+o")
        await until(pilot, lambda: "repetition" in screen_text(app))
        app.screen.query_one("#parameter-top_p", Input).value = "1.5"
        await until(pilot, lambda: "The top-p cannot be 1.5" in screen_text(app))
        assert app.chat.conversation.parameters == own
        for name, text in (("top_p", "0.8"), ("max_tokens", "3"), ("seed", "7"), ("stop", "zz | \\n")):
            app.screen.query_one(f"#parameter-{name}", Input).value = text
        app.screen.query_one("#system", TextArea).text = "Be brief."
        await until(pilot, lambda: app.chat.conversation.system == "Be brief.")
        wanted = dataclasses.replace(own, top_p=0.8, max_tokens=3, seed=7, stop=("zz", "\n"))
        assert app.chat.conversation.parameters == wanted
        await pilot.press("ctrl+o")
        await until(pilot, lambda: "Last answer" in screen_text(app))
        await pilot.press("escape")
        await ask(pilot, app, "How long is the warranty?")
        assert app.chat.turns[-1].answer.finish_reason == "length"
        assert app.chat.turns[-1].answer.completion_tokens == 3
        await pilot.press("ctrl+g")
        await answered(pilot, app)
        await app.action_quit()


async def test_what_comes_next_is_said_when_a_question_begins_not_at_each_letter(
    sample_dir, converted_sample, monkeypatch
) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        question = await open_chat(pilot, app)
        await ask(pilot, app, "hello")
        await until(pilot, lambda: offered(app) == "Validate")
        await settled(pilot)
        said: list[str] = []
        show_action = app.screen.show_action
        monkeypatch.setattr(app.screen, "show_action", lambda: (said.append(question.text), show_action())[1])
        await pilot.press(*"why")
        await until(pilot, lambda: question.text == "why" and offered(app) == "Send")
        await pilot.press("backspace", "backspace", "backspace")
        await until(pilot, lambda: question.text == "" and offered(app) == "Validate")
        assert len(said) == 2
        await app.action_quit()


async def test_what_a_tuning_has_found_is_taken_back_in_the_panel(sample_dir, converted_sample) -> None:
    deploy(sample_dir, converted_sample)
    tuned.keep(converted_sample, tuned.Tuned({"intra_op_num_threads": 1}, 100.0, 200.0))
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        button = app.screen.query_one("#tune", Button)
        await until(pilot, lambda: str(button.label) == "Untune")
        button.focus()
        await pilot.press("enter")
        await until(pilot, lambda: str(button.label) == "Tune" and app.chat.loaded is not None)
        assert tuned.look_up(converted_sample) is None
        await until(pilot, lambda: not app.job("chat").running)
        await app.action_quit()


class _Forgetful(deque[tuple[int, float]]):
    """As when another thread ends the host in the very moment."""

    def append(self, sample: tuple[int, float]) -> None:
        self.clear()


async def test_figures_that_are_forgotten_while_they_are_drawn_do_not_end_the_app(
    sample_dir, converted_sample
) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        app.chat.usage = _Forgetful()
        host = app.chat.host
        assert host is not None
        app.screen.query_one(FiguresPanel)._show_process(app.chat, host, (5_000_000, 1.0), (1.0,))
        await until(pilot, lambda: "5.0" in screen_text(app))
        await app.action_quit()


async def test_without_a_model_no_key_is_offered_that_has_nothing_to_do() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query("#sources"))
        app.action_station("chat")
        await until(pilot, lambda: offered(app) == "Choose a model")
        await until(pilot, lambda: "Next" in screen_text(app).splitlines()[-1])
        assert not {"Parameters", "New", "Find"} & set(screen_text(app).splitlines()[-1].split())
        await pilot.press("ctrl+o", "ctrl+t", "ctrl+l", "ctrl+n")
        await until(pilot, lambda: app.current_mode == "start")


async def test_a_broken_model_is_said_and_enter_starts_it_again_once_it_is_mended(
    sample_dir, converted_sample, tmp_path: Path
) -> None:
    broken = copy_of(converted_sample, tmp_path)
    weights = broken / "model.onnx"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    deploy(sample_dir, broken)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        question = await open_chat(pilot, app, loaded=False)
        await until(pilot, lambda: app.job("chat").failure is not None)
        await until(pilot, lambda: "✗" in screen_text(app))
        question.text = "hello"
        await pilot.press("enter")
        await answered(pilot, app)
        assert app.chat.turns[-1].problem is not None
        assert primary(app) == "Restart"
        weights.write_bytes(whole)
        await pilot.press("enter")
        await answered(pilot, app)
        assert app.chat.turns[-1].text in known_answers()
        assert questions(app) == ["hello"]
        await app.action_quit()


HOSTILE = (
    "\x1b]0;title\x07 \x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07 \x9b2J \u202egnp.exe\u202c [bold]markup[/] "
    "[@click=app.quit]click[/] <b>tag</b> \x08\x7f\u2066\u200b end"
)


async def test_nothing_a_model_says_reaches_the_terminal_but_as_text(sample_dir, converted_sample) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        turn = Turn(HOSTILE, HOSTILE + "\n\n```sh\n" + HOSTILE + "\n```\n", figures())
        app.chat.conversation = dataclasses.replace(app.chat.conversation, turns=(turn,))
        app.screen.changed(kept=False)
        await until(pilot, lambda: "end" in screen_text(app))
        shown = screen_text(app)
        assert not [char for char in shown if char < " " and char != "\n"]
        assert not set(shown) & {"\x7f", "\x9b", "\u202e", "\u2066", "\u200b"}
        for sign in ("␛]0;title␇", "⟦U+202E⟧", "[bold]markup[/]", "[@click=app.quit]", "<b>tag</b>", "␡"):
            assert sign in shown.replace("\n", ""), sign
        await app.action_quit()


async def test_thinking_is_folded_and_code_is_copied(sample_dir, converted_sample) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        text = "<think>\nSecret thoughts here.\n</think>\n\nTwo:\n\n```python\na = 1\n```\n\n```sh\nls\n```\n"
        app.chat.conversation = dataclasses.replace(
            app.chat.conversation, turns=(Turn("2 + 2?", text, figures()),)
        )
        app.screen.changed(kept=False)
        await until(pilot, lambda: "Thought, 3 words" in screen_text(app))
        assert "Secret" not in screen_text(app)
        await pilot.press("shift+tab", "t")
        await until(pilot, lambda: "Secret thoughts here." in screen_text(app))
        assert app.screen.query_one(AnswerText).code_blocks == ["a = 1", "ls"]
        await pilot.press("b")
        assert app.clipboard == "a = 1"
        await pilot.press("b")
        assert app.clipboard == "ls"
        await pilot.press("escape", "ctrl+y")
        assert app.clipboard == text
        await app.action_quit()


async def test_a_conversation_that_no_longer_fits_says_where_the_memory_begins(
    sample_dir, converted_sample
) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        turns = tuple(Turn(f"Question {n}: " + "lamp " * 250, "Yes. " * 100, figures()) for n in range(4))
        app.chat.conversation = dataclasses.replace(app.chat.conversation, turns=turns)
        await ask(pilot, app, "hello")
        forgotten = app.chat.conversation.forgotten
        assert forgotten > 0
        view = app.screen.query_one(Transcript).view(forgotten)
        view.scroll_visible(animate=False, top=True)
        await until(pilot, lambda: "no longer sees" in screen_text(app))
        assert "left out" in screen_text(app)
        await app.action_quit()


async def test_a_long_conversation_shows_its_last_turns(sample_dir, converted_sample) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        turns = tuple(Turn(f"Question {n}", "Yes.", figures()) for n in range(100))
        app.chat.open(dataclasses.replace(app.chat.conversation, id="0" * 16, turns=turns))
        app.screen.changed(kept=False)
        await until(pilot, lambda: "Question 99" in screen_text(app))
        transcript = app.screen.query_one(Transcript)
        assert len(transcript.views) == 20
        await pilot.press("ctrl+home")
        await until(pilot, lambda: len(transcript.views) == 40)
        assert [view.index for view in transcript.views] == list(range(60, 100))
        # What was out of sight is there when one comes to it.
        await until(pilot, lambda: "Question 60" in screen_text(app))
        app.screen.query_one("#question").focus()
        while transcript.scroll_y < transcript.max_scroll_y:
            await pilot.press("pagedown")
            await pilot.pause(0.05)
            assert "Question" in screen_text(app)
        await until(pilot, lambda: "Question 99" in screen_text(app))
        await app.action_quit()


async def test_a_long_block_of_code_grows_in_few_widgets_and_without_a_gap(
    sample_dir, converted_sample
) -> None:
    code = "".join(f"line_{n} = {n}\n" + ("\n" if n % 9 == 0 else "") for n in range(800))
    text = f"Here:\n\n```python\n{code}```\n\nThat is all.\n"
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        app.chat.conversation = dataclasses.replace(app.chat.conversation, turns=(Turn("Code?"),))
        app.screen.changed(kept=False)
        transcript = app.screen.query_one(Transcript)
        await until(pilot, lambda: transcript.views)
        for at in range(0, len(text), 700):
            app.chat.pieces.append(text[at : at + 700])
            await transcript.grow(app.chat)
            await pilot.pause()
        answer = app.screen.query_one(AnswerText)
        assert len(answer.parts) > 10
        assert answer.code_blocks == [code.rstrip("\n")]
        await until(pilot, lambda: "That is all." in screen_text(app))

        # However long it is, it is few widgets; and what was out of sight is there, without a gap.
        assert len(list(answer.walk_children())) < 40
        await pilot.press("pageup", "pageup", "pageup")
        await until(pilot, lambda: "line_" in screen_text(app) and "That is all." not in screen_text(app))
        seen = [line.split("line_")[1] for line in screen_text(app).splitlines() if "line_" in line]
        numbers = [int(line.split(" = ")[0]) for line in seen]
        assert len(numbers) > 10
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        await app.action_quit()


async def test_both_engines_answer_side_by_side(sample_dir, converted_sample) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        await pilot.press("f12", "shift+f9")
        await until(pilot, lambda: "Foundry SDK" in screen_text(app))
        question = app.screen.query_one("#beside-question", TextArea)
        question.text = "How long is the warranty?"
        await pilot.press("enter")
        await until(pilot, lambda: screen_text(app).count("How long is the warranty?") == 3)
        assert question.selected_text == "How long is the warranty?"  # what is typed takes its place
        await until(pilot, lambda: app.job("chat").state == "done" and app.job("chat").started, 120)
        await until(pilot, lambda: screen_text(app).count("first token") == 2, 120)
        texts = ["".join(pieces) for pieces in app.screen._desk.pieces]
        assert texts[0] == texts[1]
        assert texts[0] in known_answers()
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.query("#question"))
        assert await ask(pilot, app, "hello") in known_answers()
        await app.action_quit()
