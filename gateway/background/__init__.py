"""What is done beside requests: the tasks, their clock and their worker."""
