//go:build !linux

package search

import "time"

// processor is 0 where a thread does not tell how long it has worked.
func processor() time.Duration { return 0 }
