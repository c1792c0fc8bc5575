// Package scenario runs stories: what people do in chat groups, what the
// platform does wrong, and what is expected to come of it, as text that can be
// read without knowing how to program (docs/scenarios.md).
//
// A story goes through the whole machine: the real database, engine and
// connector, with the simulated network for its platform. Its time is its own.
package scenario
