"""A canary: a share of the calls goes to a candidate preset while another one is live."""
