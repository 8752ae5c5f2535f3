"""From a checkpoint to an ONNX model that the runtime loads: Olive in a worker process."""
