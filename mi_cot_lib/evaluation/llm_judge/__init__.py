"""An LLM as judge of rationales: asked, read, and paid for once."""
