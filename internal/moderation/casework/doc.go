// Package casework says what people do with what a policy said: cards to be
// decided, decisions, appeals, reports, the lists, and what is on record of them.
// It is pure: how a card changes is told here, where it is kept is the store's.
package casework
