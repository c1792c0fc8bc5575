// Package soak lets the machine live through a day in compressed time, on a platform
// that loses connections, repeats itself, mixes groups up and answers slowly or not
// at all, while the machine itself is stopped and started: nothing may be lost in
// silence, nothing repeated, and every group keeps its order.
package soak
