"""What statistics cost: questions of every size, and folding while declarations run."""
