"""What the rules and command lines bind: targets, freshness, the runtime, and one function a stage."""
