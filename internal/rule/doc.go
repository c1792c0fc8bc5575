// Package rule is the condition language of policies, flows and segments: CEL
// (https://cel.dev) over variables that the caller declares. A rule is checked
// when it is saved, its names, its types and what it can cost at most, and is
// then evaluated as often as is wanted, by several goroutines at once.
package rule
