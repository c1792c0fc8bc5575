// Package community is the vocabulary of Qunying: what a community, a group, a
// person, an event and an action are, and the few rules that hold for all of
// them. It imports the standard library only; every other package imports it.
//
// A community (组织) is one organisation with its accounts, groups and people. It
// is the unit of order, of transactions, of tenancy and of sharding: every key
// in the database begins with its ID.
package community
