"""Switches off everything in the libraries that would call out of the machine.

``silence()`` has to run before gradio, guardrails, presidio, chromadb or langchain are imported: they read these
variables at import. It covers environment variables only; tldextract's suffix list is handled where Presidio is
built (``privacy/engine.py``), the browser's requests by the content security policy (``ui/shell.py``).
Variables that an operator set are overwritten: no egress is not negotiable.
"""

from __future__ import annotations

import os

OFF = {
    "ANONYMIZED_TELEMETRY": "False",
    "CHROMA_TELEMETRY_IMPL": "none",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_SERVER_NAME": "",
    "GUARDRAILS_RUN_SYNC": "true",  # no egress, but read from the environment too: no event loop of its own per thread
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime: since 1.29 on Linux too, read when its first session is made
    "OTEL_SDK_DISABLED": "true",
    "TRANSFORMERS_OFFLINE": "1",
}


def silence() -> None:
    """Set every variable of ``OFF`` in this process."""
    for name, value in OFF.items():
        if value:
            os.environ[name] = value
        else:
            os.environ.pop(name, None)
