"""The engines that check a spec, the verdicts they return and the command line."""
