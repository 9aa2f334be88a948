package explore

import (
	"fmt"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Measured is how much a product is written and read. What is empty is unknown.
type Measured struct {
	Minutes     []float64 // records in each of the last hour
	Rate, Exact string    // 21/s; 340 a day
	Last, Now   time.Time // of the last record
	Empty       bool      // there is no record
	Readers     string    // 3 readers
}

// measured adds to the hits what is known of them.
func (v *View) measured(f client.ManyFacts, now time.Time) {
	by := map[string]client.BriefFacts{}
	for _, one := range f.Items {
		by[one.Product] = one
	}
	for i, h := range v.Hits {
		if one, ok := by[h.Name]; ok && h.Preview != "" {
			m := measuredOf(one, f.DayFrom, now)
			v.Hits[i].Measured = &m
		}
	}
}

// slow is how many records a second are too few to say them by the second.
const slow = 0.1

func measuredOf(f client.BriefFacts, dayFrom, now time.Time) Measured {
	m := Measured{Empty: f.Empty, Now: now}
	for _, n := range f.Minutes {
		m.Minutes = append(m.Minutes, float64(n))
	}
	switch {
	case f.PerSecond != nil && *f.PerSecond >= slow:
		m.Rate, m.Exact = ui.ShortRate(*f.PerSecond), fmt.Sprintf("%.3g records a second, over the last minute", *f.PerSecond)
	case past(f, dayFrom):
		// what nobody counted is not nothing
	case f.Day != nil:
		over := "a day"
		if counted := now.Sub(dayFrom); counted < 24*time.Hour {
			over = "in " + strings.TrimSuffix(ui.Ago(dayFrom, now.Add(time.Second)), " ago")
		}
		m.Rate, m.Exact = ui.ShortNumber(float64(*f.Day))+" "+over, ui.Exact(*f.Day)+" records since "+ui.UTC(dayFrom)
	}
	if f.Last != nil {
		m.Last = *f.Last
	}
	if f.Readers != nil {
		m.Readers = ui.Plural(*f.Readers, "reader", "readers")
	}
	return m
}

// past reports whether records came past what counts them: the cluster has some
// of the time in which none was counted.
func past(f client.BriefFacts, dayFrom time.Time) bool {
	return f.Day != nil && *f.Day == 0 && f.Last != nil && f.Last.After(dayFrom)
}
