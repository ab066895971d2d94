"""Where rows come from, an alcove each."""
