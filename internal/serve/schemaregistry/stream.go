package schemaregistry

import (
	"bufio"
	"net/http"
)

// stream is an answer that is a list too large to be held: it is written item
// by item, and closed then.
type stream struct {
	each  func(yield func(any) error) error
	close func()
}

// streamBuffer is how much is put together before it is sent.
const streamBuffer = 64 << 10

// flow writes a stream. When it fails in the middle the connection is broken
// off, so that nobody takes what came for the whole.
func (a *API) flow(w http.ResponseWriter, q *request, s stream) {
	defer s.close()
	if q.http.Method == http.MethodHead {
		return
	}
	b, sep := bufio.NewWriterSize(w, streamBuffer), byte('[')
	err := s.each(func(it any) error {
		text, err := render(it)
		if err != nil {
			return err
		}
		_ = b.WriteByte(sep) // what fails here fails again
		sep = ','
		_, err = b.Write(text)
		return err
	})
	if err == nil && sep == '[' {
		err = b.WriteByte(sep)
	}
	if err == nil {
		_ = b.WriteByte(']')
		err = b.Flush()
	}
	if err != nil {
		a.Log.Warn("a list from the schema registry broke off", "path", q.http.URL.Path, "error", err)
		panic(http.ErrAbortHandler)
	}
}
