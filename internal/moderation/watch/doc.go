// Package watch remembers what was said in a community, for the findings that no
// single message shows: floods, repetition, the same advert in several groups,
// how often somebody promotes something in a day, newcomers, quarrels and
// complaints that several members share.
//
// A Watch is fed in the order of the log and answers with the Facts of the
// message just seen. It never asks the clock, so the same log always gives the
// same facts; after a restart it is fed the log of the last 24 hours (Span)
// again. Its memory is bounded (Limits): what was not touched longest is
// forgotten first.
package watch
