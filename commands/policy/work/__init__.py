"""What the policy commands do, each in the module of its name, as in `commands.work`."""
