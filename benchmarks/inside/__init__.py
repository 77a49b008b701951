"""What runs inside the processes that are measured: here, and only here, Django is set up."""
