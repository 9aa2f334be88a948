package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/weirmesh/weir"
)

// Look bounds one look at records: it ends at whichever is reached first.
type Look struct {
	Rows  int           // at most this many
	Bytes int           // of rows; the one that is over it is the last
	For   time.Duration // looking for a record that a condition holds for
}

// Looked is what one look found.
type Looked struct {
	Records []Record
	From    string // the position that it began at
	Next    string // the position to go on from
	End     bool   // there is nothing more, up to where the reading was to end
	Failed  int64  // records for which the condition could not be evaluated
	Failure string // why, of the first
}

// Look reads some records of a product, or of a private stream, and says from
// where to go on. Unlike [Client.Records] it is one question with one answer: it
// goes on nowhere by itself, and a look that found nothing in its time is no
// error.
func (c *Client) Look(ctx context.Context, name string, q ReadRecords, b Look) (Looked, error) {
	ctx, cancel := context.WithTimeout(ctx, b.For)
	defer cancel()
	if b.Rows > 0 {
		q.Limit = int64(b.Rows)
	}
	r := &recordReader{c: c, q: q}
	res, err := c.send(ctx, http.MethodGet, recordsPath(name)+"?"+r.query().Encode(), nil, []Option{accepting("text/event-stream")})
	if err != nil {
		return Looked{}, err
	}
	defer res.Body.Close()
	out := Looked{From: res.Header.Get(RecordsFrom), Next: res.Header.Get(RecordsFrom)}
	err = out.read(bufio.NewReaderSize(res.Body, 64<<10), b.Bytes)
	if err != nil && ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return out, nil // it took what it could in its time
	}
	return out, err
}

// read takes events until the stream ends or there are too many bytes.
func (l *Looked) read(in *bufio.Reader, most int) error {
	event, size := "", 0
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return errBroken
		}
		if err != nil {
			return err
		}
		field, value, _ := bytes.Cut(bytes.TrimSuffix(line, []byte{'\n'}), []byte(": "))
		switch string(field) {
		case "id":
			if _, err := weir.ParsePosition(string(value)); err == nil {
				l.Next = string(value)
			}
		case "event":
			event = string(value)
		case "":
			event = ""
		case "data":
			if event == "end" {
				return l.ended(value)
			}
			if err := l.row(value); err != nil {
				return err
			}
			if size += len(value); most > 0 && size > most {
				return nil
			}
		}
	}
}

func (l *Looked) row(b []byte) error {
	var r Record
	if err := json.Unmarshal(b, &r); err != nil {
		return fmt.Errorf("the node sent an event that is no record: %w", err)
	}
	r.Line = bytes.Clone(b)
	l.Records = append(l.Records, r)
	return nil
}

// ended takes the last event. A limit that was reached for want of a record that
// the condition holds for is no error: one goes on from there.
func (l *Looked) ended(b []byte) error {
	var e RecordsEnded
	if err := json.Unmarshal(b, &e); err != nil {
		return fmt.Errorf("the node sent an end that cannot be read: %w", err)
	}
	l.Next, l.End, l.Failed, l.Failure = e.Next, e.Reason == EndOfRecords, e.Failed, e.Failure
	if e.Error != nil && (e.Error.Status != http.StatusTooManyRequests || !strings.Contains(e.Error.Where, "where")) {
		return e.Error
	}
	return nil
}
