"""What the speed and scale benchmarks share: a lean server, measured processes, one workload, and the racers."""
