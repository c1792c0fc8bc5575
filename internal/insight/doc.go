// Package insight turns what happened in groups into numbers that an operator
// can act on: days are counted from events (GroupDay), reports are computed
// from days. It is pure: no database, no clock.
package insight
