package schemaregistry

import (
	"net/http"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// Negotiate gives the media type of an answer.
func Negotiate(accept ...string) (string, bool) { return negotiate(accept) }

// ReadBody reads a body as far as its fields.
func ReadBody(body []byte) (map[string]any, error) {
	o, err := readObject(body)
	return o.fields, err
}

// Render keeps the answers of n schemas of a size, and gives how many bytes are
// kept of at most some.
func Render(n, size, most int) (kept, bytes int) {
	c := newRendered(most)
	for i := range n {
		_, _ = c.of(registry.Version{ID: weir.SchemaID(i + 1), Text: strings.Repeat("x", size)})
	}
	for _, b := range c.byID {
		bytes += len(b)
	}
	return len(c.byID), bytes
}

// RouteOf is a route as the reference tells it.
type RouteOf struct{ Method, Path, Summary, Params, Codes string }

// Routes lists the routes.
func (a *API) Routes() []RouteOf {
	var out []RouteOf
	for _, r := range a.routes() {
		out = append(out, RouteOf{r.method, r.path, r.summary, r.params, r.codes})
	}
	return out
}

// Absences lists what is left out: where, and what.
func Absences() [][2]string {
	var out [][2]string
	for _, a := range absences() {
		out = append(out, [2]string{a.path, a.what})
	}
	return out
}

// Codes lists the faults with their status and code.
func Codes() [][2]int {
	var out [][2]int
	for f, code := range faults {
		if code != 0 {
			status, code := codeOf(registry.Fault(f))
			out = append(out, [2]int{status, code})
		}
	}
	return out
}

// CodeOf is the status and the code of an error.
func CodeOf(err error) (status, code int) { return codeOf(err) }

// Flow writes a stream of n items that fails behind the last one.
func (a *API) Flow(w http.ResponseWriter, r *http.Request, n int, err error) {
	a.flow(w, &request{http: r}, stream{each: func(yield func(any) error) error {
		for i := range n {
			if err := yield(i); err != nil {
				return err
			}
		}
		return err
	}, close: func() {}})
}
