"""The generated node and the runtime around it; runs with no solver installed."""
