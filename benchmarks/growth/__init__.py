"""How cost grows: with partitions, with connections, with what is on the disk; and what doing nothing costs."""
