"""The workload: four questions to a made market, as four viewers ask them."""
