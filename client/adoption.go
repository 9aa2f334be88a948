package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Adoption is how the mesh is taken up, as far as one may know of it.
type Adoption struct {
	At      time.Time        `json:"at"`
	Points  []AdoptionPoint  `json:"points" nullable:"false" doc:"The oldest first; the last is now."`
	Reading int              `json:"reading" doc:"Consumers that were given records in the last 30 days."`
	Domains []AdoptionDomain `json:"domains" nullable:"false" doc:"By name."`
	Lacking Lacking          `json:"lacking"`
	Waits   RequestTimes     `json:"requests"`
	Counted Measured         `json:"measured" doc:"What the counts cover."`
}

// AdoptionPoint is how much there was at a moment.
type AdoptionPoint struct {
	Until     time.Time `json:"until"`
	Domains   int       `json:"domains"`
	Products  int       `json:"products"`
	Consumers int       `json:"consumers" doc:"Applications that had begun to read a product of another team."`
}

// AdoptionDomain is how one domain is taken up.
type AdoptionDomain struct {
	Name          string     `json:"name"`
	Team          string     `json:"team,omitempty"`
	Products      int        `json:"products"`
	Consumers     int        `json:"consumers" doc:"Of the last 30 days."`
	Since         time.Time  `json:"since"`
	FirstProduct  *FirstTime `json:"firstProduct,omitempty" doc:"Absent: it had none yet."`
	FirstConsumer *FirstTime `json:"firstConsumer,omitempty" doc:"Absent: it had none yet, as far as was counted."`
	Lacking       Lacking    `json:"lacking"`
}

// FirstTime is what came first.
type FirstTime struct {
	Name string    `json:"name,omitempty" doc:"Absent: it is gone, or you may not see which."`
	At   time.Time `json:"at"`
}

// Lacking are products without somebody or something.
type Lacking struct {
	Owner         LackingSome `json:"owner" doc:"Who answers for it is in no team."`
	Documentation LackingSome `json:"documentation" doc:"Nobody wrote any."`
	Consumer      LackingSome `json:"consumer" doc:"No application of another team was given records of it in the last 30 days."`
}

// LackingSome are products, the first of them by name.
type LackingSome struct {
	Count    int      `json:"count"`
	Products []string `json:"products" nullable:"false" doc:"The first 100."`
}

// RequestTimes are how long it took from a request, a plan or a right to read,
// whichever was first, to the first record.
type RequestTimes struct {
	Done    int     `json:"done"`
	Waiting int     `json:"waiting" doc:"That had no record yet."`
	Median  float64 `json:"medianSeconds,omitempty"`
	Most    float64 `json:"ninetySeconds,omitempty" doc:"Nine in ten took no longer."`
}

// Adoption tells how the mesh is taken up, in twelve points that are a day, a week
// or a month apart; by is day, week or month.
func (c *Client) Adoption(ctx context.Context, by string) (Adoption, error) {
	return call[Adoption](ctx, c, http.MethodGet, "/adoption?"+url.Values{"by": {by}}.Encode(), nil, nil)
}
