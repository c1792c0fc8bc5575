package main

type serveCmd struct{ place }

func (c *serveCmd) Run() error { return nil }

type simulateCmd struct{ place }

func (c *simulateCmd) Run() error { return nil }
