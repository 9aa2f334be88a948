package schemaregistry

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/weirmesh/weir"
)

// MaxBody bounds a request's body, in bytes.
const MaxBody = 2 << 20

// raw is an answer that is JSON already.
type raw []byte

// text is an answer that is not wrapped in JSON.
type text string

// serve makes a route a handler: who asks, in which type, what; then the answer
// or the error, and the count of both.
func (a *API) serve(r route) http.Handler {
	meter := a.Metrics.of(r.class)
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		began := time.Now()
		q := request{http: hr}
		media, ok := negotiate(hr.Header.Values("Accept"))
		got, err := a.answer(r, &q, w, ok)
		if s, ok := got.(stream); ok && err == nil {
			w.Header().Set("Content-Type", media)
			defer func() { meter.count(http.StatusOK, time.Since(began)) }()
			a.flow(w, &q, s)
			return
		}
		var body []byte
		if err == nil {
			body, err = render(got)
		}
		status := http.StatusOK
		if err != nil {
			status, body = a.refuse(w, r, &q, err)
		}
		h := w.Header()
		h.Set("Content-Type", media)
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = w.Write(body) // the caller may have gone
		meter.count(status, time.Since(began))
	})
}

// answer runs a route's handler and gives what it gave.
func (a *API) answer(r route, q *request, w http.ResponseWriter, acceptable bool) (any, error) {
	ctx := q.http.Context()
	var err error
	if q.by, err = a.authenticate(ctx, q.http); err != nil {
		return nil, err
	}
	if r.method != "" && !acceptable {
		return nil, refusal{http.StatusNotAcceptable, "HTTP 406 Not Acceptable: accept " + mediaV1}
	}
	if q.http.Method == http.MethodPost || q.http.Method == http.MethodPut {
		if err := q.readBody(w); err != nil {
			return nil, err
		}
	}
	return r.handle(ctx, q)
}

// readBody reads a body of a type that registries take.
func (q *request) readBody(w http.ResponseWriter) (err error) {
	if !consumes(q.http.Header.Get("Content-Type")) {
		return refusal{http.StatusUnsupportedMediaType, "HTTP 415 Unsupported Media Type: send " + mediaV1}
	}
	q.body, err = io.ReadAll(http.MaxBytesReader(w, q.http.Body, MaxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return refusal{http.StatusRequestEntityTooLarge, "HTTP 413 Request Entity Too Large: a body has at most " + strconv.Itoa(MaxBody) + " bytes"}
	}
	if err != nil {
		return refusal{http.StatusBadRequest, "the body did not come whole"}
	}
	return nil
}

// render writes an answer as registries do: compact, and without escaping more
// than JSON wants.
func render(v any) ([]byte, error) {
	switch v := v.(type) {
	case raw:
		return v, nil
	case text:
		return []byte(v), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, weir.Errorf(weir.Internal, "an answer cannot be written").Because(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// refuse turns an error into what is sent. What is our own fault is logged
// whole and sent without its cause.
func (a *API) refuse(w http.ResponseWriter, r route, q *request, err error) (status int, body []byte) {
	status, code := codeOf(err)
	switch {
	case status == http.StatusUnauthorized:
		a.Metrics.wrong.Inc()
		w.Header().Set("WWW-Authenticate", `Basic realm="weir schema registry", charset="UTF-8"`)
	case status == http.StatusMethodNotAllowed:
		w.Header().Set("Allow", q.allow)
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "1")
	case status == http.StatusInternalServerError:
		a.Log.Error("a request to the schema registry failed", "method", q.http.Method, "route", r.path, "error", err)
	}
	body, _ = render(failure{Code: code, Message: messageOf(err)})
	return status, body
}

// failure is the JSON of every error.
type failure struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
}
