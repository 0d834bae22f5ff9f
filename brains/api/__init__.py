"""`/api/`: what scripts and CI may ask and change, with a staff key."""
