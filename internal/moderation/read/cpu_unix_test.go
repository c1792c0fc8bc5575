//go:build unix

package read

import (
	"syscall"
	"time"
)

// processor returns how long this process had a processor so far: on a busy machine
// the clock says more about the others.
func processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
