package api

import (
	"encoding/json"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/records"
)

// lastRow is the object that says how records ended.
func lastRow(reason, next string, f records.Failures, p *client.Problem) ([]byte, error) {
	return json.Marshal(client.RecordsEnded{Reason: reason, Next: next, Failed: f.Count, Failure: f.First, Error: p})
}
