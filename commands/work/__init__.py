"""What the commands do, each in the module of its name. A command imports it when it runs, so that its help appears at once."""
