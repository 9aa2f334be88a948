package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/records"
)

func (a *API) recordRoutes() {
	add(a, route{method: http.MethodGet, path: "/products/{name}/records", summary: "Read a product's records", answers: recordAnswers()}, a.productRecords)
	add(a, route{method: http.MethodGet, path: "/streams/{name}/records", summary: "Read a private stream's records", answers: recordAnswers()}, a.streamRecords)
}

// The forms of records.
const (
	formJSON   = "application/json"
	formNDJSON = "application/x-ndjson"
	formEvents = "text/event-stream"
)

// Bounds of an answer that is sent while it is made.
const (
	slowFor = 30 * time.Second // a reader may take for one piece
	quiet   = 15 * time.Second // after which a stream of events says that it lives, unless Config has another
)

func recordAnswers() map[string]*huma.Response {
	row := &huma.Schema{Type: "object", Required: []string{"partition", "offset", "timestamp", "key", "value", "headers"}, Properties: map[string]*huma.Schema{
		"partition": {Type: "integer"}, "offset": {Type: "integer", Format: "int64"}, "timestamp": {Type: "string", Format: "date-time"},
		"key": {Description: "Decoded by the product's key encoding."}, "value": {Description: "Decoded by the product's encoding; the fields that were asked for."},
		"headers": {Type: "array", Items: &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{"key": {Type: "string"}, "value": {}}}},
	}}
	header := func(text string) *huma.Param {
		return &huma.Param{Description: text, Schema: &huma.Schema{Type: "string"}}
	}
	return map[string]*huma.Response{"200": {
		Description: "Records: an array, a line each, or an event each. What ended early ends with an object that has error and next.",
		Content: map[string]*huma.MediaType{
			formJSON:   {Schema: &huma.Schema{Type: "array", Items: row}},
			formNDJSON: {Schema: row},
			formEvents: {Schema: &huma.Schema{Type: "string"}},
		},
		Headers: map[string]*huma.Param{
			client.RecordsFrom: header("The position that the answer begins at, such as 0:120,1:77,*."),
			client.RecordsNext: header("A trailer: the position to go on from."),
			client.RecordsEnd:  header("A trailer: end, limit or error."),
		},
	}}
}

// reading is what one can ask for.
type reading struct {
	Named
	From   string `query:"from" maxLength:"65536" doc:"Where to begin: earliest, latest, a time (RFC 3339), how long ago (2h), a position (0:120,1:77), or -N for N records before the end of each partition. Default: earliest; latest with follow."`
	Until  string `query:"until" maxLength:"65536" doc:"Where to end, in the same forms, not included. Default: the end as it is now."`
	Newest int    `query:"newest" minimum:"0" maximum:"10000" doc:"Only the newest so many records before until, of all partitions together, by their times; the oldest of them first. Without from, where, limit and follow. Fewer come if they are too large for one answer: then ask again with until=Weir-From."`
	Limit  int64  `query:"limit" minimum:"0" doc:"How many rows at most; 0 is all."`
	Fields string `query:"fields" maxLength:"4096" doc:"Only these fields of the value: paths with commas between, such as id,address.city."`
	Where  string `query:"where" maxLength:"4096" doc:"Only records that a condition in CEL holds for, over value, key, partition, offset, timestamp, headers."`
	Follow bool   `query:"follow" doc:"Wait at the end for records to come."`
	Raw    bool   `query:"raw" doc:"With keyBytes and valueBytes: base64 of the bytes as they stand in the record, or null."`
	Agent  string `header:"User-Agent" doc:"What reads; who may see the product's usage sees it."`
	Accept string `header:"Accept" doc:"application/json, application/x-ndjson or text/event-stream."`
	After  string `header:"Last-Event-ID" maxLength:"65536" doc:"The id of the last event that was received: go on behind it."`
}

func (a *API) productRecords(ctx context.Context, p weir.Principal, in *reading) (*huma.StreamResponse, error) {
	return a.records(ctx, p, weir.Ref{Noun: weir.NounProduct, Name: in.Name}, in)
}

func (a *API) streamRecords(ctx context.Context, p weir.Principal, in *reading) (*huma.StreamResponse, error) {
	return a.records(ctx, p, weir.Ref{Noun: weir.NounStream, Name: in.Name}, in)
}

func (a *API) records(ctx context.Context, p weir.Principal, of weir.Ref, in *reading) (*huma.StreamResponse, error) {
	form, err := formOf(in.Accept, in.Follow)
	if err != nil {
		return nil, err
	}
	still, ok := ctx.Value(again{}).(func(context.Context) (weir.Principal, error))
	if !ok {
		return nil, weir.Errorf(weir.Internal, "nobody says who asks")
	}
	s, err := a.Records.Open(ctx, p, still, of, records.Question{
		From: in.From, Until: in.Until, Newest: in.Newest, Limit: in.Limit, Fields: in.Fields, Where: in.Where, Follow: in.Follow, Raw: in.Raw, After: in.After, Library: agent(in.Agent),
	})
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		defer s.Close()
		r, w := humachi.Unwrap(ctx)
		out := &rowWriter{w: w, control: http.NewResponseController(w), form: form, at: s.Position(), quiet: a.Quiet}
		if err := a.pump(r.Context(), s, out); err != nil {
			a.Log.Debug("records could not be sent", "error", err)
		}
	}}, nil
}

// agent is the first product of a User-Agent header: NAME/VERSION.
func agent(header string) weir.Library {
	first, _, _ := strings.Cut(header, " ")
	name, version, _ := strings.Cut(first, "/")
	return weir.NewLibrary(name, version)
}

// formOf chooses the form of the answer.
func formOf(accept string, follow bool) (string, error) {
	form := ""
	for part := range strings.SplitSeq(accept, ",") {
		kind, _, _ := strings.Cut(part, ";")
		switch kind = strings.ToLower(strings.TrimSpace(kind)); kind {
		case formJSON, formNDJSON, formEvents:
			form = kind
		case "application/ndjson", "application/jsonl":
			form = formNDJSON
		case "*/*", "application/*", "":
			if form = formJSON; follow {
				form = formNDJSON
			}
		case "text/*":
			form = formEvents
		}
		if form != "" {
			break
		}
	}
	switch {
	case form == "":
		return "", weir.Errorf(weir.Invalid, "records are not served as %s", accept).At("Accept").
			WithFix("accept application/json, application/x-ndjson or text/event-stream")
	case follow && form == formJSON:
		return "", weir.Errorf(weir.Invalid, "an array that is followed would never end").At("Accept").
			WithFix("accept application/x-ndjson or text/event-stream")
	}
	return form, nil
}

// pump sends a stream to its end. Its error is that of sending.
func (a *API) pump(ctx context.Context, s *records.Stream, out *rowWriter) error {
	if err := out.begin(); err != nil {
		return err
	}
	for {
		rows, err := s.Next(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if e := out.rows(rows, s.Position()); e != nil {
			return e
		}
		s.Sent(rows)
		switch {
		case errors.Is(err, io.EOF):
			reason := client.EndOfRecords
			if s.Full() {
				reason = client.EndOfLimit
			}
			return out.end(reason, s, nil)
		case err != nil:
			return out.end(client.EndByError, s, &a.problem("get-records", err).Problem)
		}
	}
}

// rowWriter sends rows in one of the forms. What a reader does not take in time
// ends its connection.
type rowWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	form    string
	at      weir.Position
	buf     []byte
	any     bool // a row was sent
	last    time.Time
	quiet   time.Duration // after which a stream of events says that it lives
}

// silent is how long the stream may still be silent; 0 or less: no longer.
func (o *rowWriter) silent() time.Duration { return o.quiet - time.Since(o.last) }

func (o *rowWriter) begin() error {
	h := o.w.Header()
	h.Set("Content-Type", o.form)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // of proxies that would wait for the end
	h.Set(client.RecordsFrom, o.at.String())
	h.Set("Trailer", strings.Join([]string{client.RecordsNext, client.RecordsEnd, client.RecordsFailures}, ", "))
	// The listener's bounds are for whole answers; here each piece has one.
	if err := o.control.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	switch o.form {
	case formJSON:
		o.buf = append(o.buf, '[')
	case formEvents:
		o.buf = append(o.buf, "retry: 1000\n\n"...)
	}
	return o.flush()
}

// flush sends what was written, within a bound.
func (o *rowWriter) flush() error {
	o.last = time.Now()
	if err := o.control.SetWriteDeadline(o.last.Add(slowFor)); err != nil {
		return err
	}
	if _, err := o.w.Write(o.buf); err != nil {
		return err
	}
	if o.buf = o.buf[:0]; cap(o.buf) > 1<<20 {
		o.buf = nil
	}
	return o.control.Flush()
}

// rows sends rows; next is the position behind them and all that was left out.
func (o *rowWriter) rows(rows []records.Row, next weir.Position) error {
	for _, r := range rows {
		o.at.Offsets[r.Partition] = r.Offset + 1
		o.row(r.JSON)
	}
	if o.form == formEvents {
		moved := o.at.String() != next.String()
		if o.at = next; moved || o.silent() <= 0 {
			o.buf = append(o.buf, ": \nid: "+next.String()+"\n\n"...)
		}
	}
	if len(o.buf) == 0 {
		return nil
	}
	return o.flush()
}

func (o *rowWriter) row(json []byte) {
	switch o.form {
	case formJSON:
		if o.any {
			o.buf = append(o.buf, ',')
		}
		o.buf = append(append(o.buf, '\n'), json...)
	case formNDJSON:
		o.buf = append(append(o.buf, json...), '\n')
	case formEvents:
		o.buf = append(o.buf, "id: "+o.at.String()+"\ndata: "...)
		o.buf = append(append(o.buf, json...), "\n\n"...)
	}
	o.any = true
}

// end says how the stream ended, and where one goes on.
func (o *rowWriter) end(reason string, s *records.Stream, p *client.Problem) error {
	next := s.Position().String()
	last, err := lastRow(reason, next, s.Failures(), p)
	if err != nil {
		return err
	}
	switch {
	case o.form == formEvents:
		o.buf = append(o.buf, "id: "+next+"\nevent: end\ndata: "...)
		o.buf = append(append(o.buf, last...), "\n\n"...)
	case p != nil:
		o.row(last)
	}
	if o.form == formJSON {
		o.buf = append(o.buf, "\n]\n"...)
	}
	h := o.w.Header()
	h.Set(client.RecordsNext, next)
	h.Set(client.RecordsEnd, reason)
	if f := s.Failures(); f.Count > 0 {
		h.Set(client.RecordsFailures, strconv.FormatInt(f.Count, 10))
	}
	return o.flush()
}
