// Package sim is a simulated chat network: the product's demo, the source of its
// scenario tests and its load generator.
//
// A Generator writes a community's history by seed, in order of time, together
// with the truth about it (Truth). A Network stands for a platform inside this
// process: tests script it, and with a pace it talks by itself. Driver connects
// to a Network as any connector connects to a platform.
//
// All people, shops, books and advertisements are invented.
package sim
