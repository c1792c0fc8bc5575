// Package policy is a group's rules (群规): clauses with a condition, a severity,
// a ladder and a stage, and the judge that holds a message against them. It is
// pure: what it knows of the member and the moment comes in Facts, what it wants
// done goes out in a Verdict, and the same input gives the same verdict, so that
// a verdict can be explained, repeated and tried on the past.
//
// The way of a message: moderation/read says what is in it, moderation/watch what
// it is like beside others, Facts add who wrote it; Judge finds the clauses whose
// condition holds, takes the worst, looks up the step of its ladder by the
// member's strikes, and Fit leaves out what nobody can do on the platform.
package policy
