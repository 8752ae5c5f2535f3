"""What workers do that stand in for Olive's; the fixture `worker` takes their code."""

MAKES_A_MODEL = """
out = Path(request["config"]["output_dir"])
source = Path(request["config"]["input_model"]["model_path"])
config = {"model": {"type": "llama", "vocab_size": 64, "decoder": {"filename": "model.onnx"}}}
(out / "genai_config.json").write_text(json.dumps(config))
(out / "model.onnx").write_bytes(bytes(10))
for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
    (out / name).write_bytes((source / name).read_bytes())
link.send("converted", files={"model.onnx": {"nodes": 5, "tensors": 7, "external": {}}}, peak_rss_bytes=1)
"""
