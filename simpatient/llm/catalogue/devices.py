"""What this machine can compute on. Knows no models."""


def describe_devices() -> str:
    """Return the accelerators torch sees and their memory, or that there are none."""
    try:
        import torch
    except ImportError:
        return "all the guided patient needs; language models need further libraries: 'simpatient setup models'"
    if torch.cuda.is_available():
        found = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
        return "; ".join(f"{device.name}, {device.total_memory / 2**30:.0f} GiB" for device in found)
    if torch.backends.mps.is_available():
        return "Apple GPU (mps)"
    return f"no GPU, {torch.get_num_threads()} CPU threads; the guided patient needs no more"
