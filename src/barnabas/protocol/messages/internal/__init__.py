"""Records of the internal topics, and what consumers tell each other through the group coordinator."""
