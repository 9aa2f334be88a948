package search

import (
	"time"

	"golang.org/x/sys/unix"
)

// processor is the time that this thread has worked: what else the machine does
// is not in it.
func processor() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}
