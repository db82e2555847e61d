"""The mutations of each concept: inputs, payloads and fields. What they do is in resolvers/mutations/, under the same names."""
