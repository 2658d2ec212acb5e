"""The frozen world of mocked tools: schemas, families, conversation state, the LLM mock."""
