"""Each rule of the marketplace, proved through the endpoint by a test that carries its number."""
