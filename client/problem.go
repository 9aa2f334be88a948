package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Problem is what the API answers when it refuses: problem details as in RFC
// 9457, and what a person can do about it.
type Problem struct {
	Type   string `json:"type,omitempty" doc:"Always about:blank: the title and the kind say it all."`
	Title  string `json:"title" doc:"The status in words."`
	Status int    `json:"status" doc:"The HTTP status."`
	Detail string `json:"detail" doc:"What was wrong."`
	Kind   string `json:"kind,omitempty" doc:"The kind of error: invalid, not found, already exists, conflict, denied, ..."`
	Where  string `json:"where,omitempty" doc:"Which part of the request."`
	Fix    string `json:"fix,omitempty" doc:"What to do."`
	Errors []Part `json:"errors,omitempty" doc:"Every part of the request that is wrong, if there are several."`

	Findings []Warning `json:"findings,omitempty" doc:"What the policies say about a product, if they refuse it."`
}

// Part is one part of a request that is wrong.
type Part struct {
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
	Value    any    `json:"value,omitempty"`
}

// Error is one line: what was wrong, where, what to do.
func (p *Problem) Error() string {
	var parts []string
	for _, e := range p.Errors {
		parts = append(parts, strings.TrimPrefix(e.Location+": ", ": ")+e.Message)
	}
	for _, f := range p.Findings {
		parts = append(parts, f.Severity+" "+f.Rule+": "+f.Message+", fix: "+f.Fix)
	}
	msg := p.Detail
	if p.Where != "" {
		msg = p.Where + ": " + msg
	}
	if len(parts) > 0 {
		msg += " (" + strings.Join(parts, "; ") + ")"
	}
	if p.Fix != "" {
		msg += "; " + p.Fix
	}
	return msg
}

// readProblem reads a refusal; an answer that is no problem document becomes one.
func readProblem(res *http.Response) error {
	p := &Problem{}
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil || json.Unmarshal(b, p) != nil || p.Status == 0 {
		p = &Problem{Status: res.StatusCode, Title: http.StatusText(res.StatusCode), Detail: fmt.Sprintf("the node answered %s", res.Status)}
	}
	return p
}
