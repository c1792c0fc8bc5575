// Package insight turns what happened in groups into numbers that an operator
// can act on: days are counted from events (GroupDay), reports are computed
// from days. It is pure: no database, no clock.
//
// NewHistory takes a group's Record (its days, the last whole day, the known
// absences) and answers with Numbers, Trend, Rhythm, Retention and Speakers.
// Three rules hold for all of them:
//
//   - A day is covered when it is not before the first day heard, not in a gap
//     and over. Sums take what came in; means, rates and retention take covered
//     days only, in numerator and denominator.
//   - What cannot be known is nil with a reason (不可得), never 0.
//   - Members are known from the first member list on, joins from the first one
//     seen, leaves likewise: platforms that show joins often hide leaves.
//
// Catalogue says what each metric means, in words.
package insight
