package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Profile says what stands in the fields of the newest records. It is of a
// sample: what it says holds for these records, and for no others.
type Profile struct {
	Product   string         `json:"product"`
	At        time.Time      `json:"at" doc:"When it was made."`
	Records   int            `json:"records" doc:"How many records were looked at: the newest."`
	Undecoded int            `json:"undecoded,omitempty" doc:"How many of them could not be decoded; they are in no field."`
	First     *time.Time     `json:"first,omitempty" doc:"The time of the oldest of them."`
	Last      *time.Time     `json:"last,omitempty" doc:"The time of the newest of them."`
	Cut       bool           `json:"cut,omitempty" doc:"Fewer were looked at than asked for, since they are large or came slowly."`
	Fields    []FieldProfile `json:"fields" nullable:"false" doc:"In the order in which they came; of values that are no objects one with an empty path."`
	More      int            `json:"more,omitempty" doc:"Fields beyond the bound of 5000."`
}

// FieldProfile is what was found in one field.
type FieldProfile struct {
	Path     string       `json:"path"`
	Values   int          `json:"values" doc:"That are not null."`
	Nulls    int          `json:"nulls" doc:"Null, or the record lacks the field."`
	Distinct int          `json:"distinct" doc:"Different values."`
	AtLeast  bool         `json:"atLeast,omitempty" doc:"There are more different values: a bound was reached, or long values were not told apart."`
	Smallest string       `json:"smallest,omitempty" doc:"Of numbers by size, else of texts by their order."`
	Largest  string       `json:"largest,omitempty"`
	Top      []ValueCount `json:"top,omitempty" nullable:"false" doc:"The most frequent; absent where all differ."`
}

// ValueCount is a value and how often it came.
type ValueCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// ProductProfile looks at the newest records of a product, as many as are asked
// for; 0 is 1000. Who may not read them gets none.
func (c *Client) ProductProfile(ctx context.Context, name string, records int) (Profile, error) {
	path := "/products/" + seg(name) + "/profile"
	if records > 0 {
		path += "?" + url.Values{"records": {strconv.Itoa(records)}}.Encode()
	}
	return call[Profile](ctx, c, http.MethodGet, path, nil, nil)
}
