"""Talking to a converted model: a host process on ONNX Runtime GenAI and its client."""
