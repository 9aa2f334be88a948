// Command registryload asks a schema registry as fast as it answers, and prints
// a line for each kind of request: how many in a second, and how long the
// median and the slowest hundredth took.
//
// It speaks HTTP/1.1 over connections that stay open, one request at a time on
// each, with as little work of its own as it can: it shares the machine with
// what it measures.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// target is the registry and what is in it.
type target struct {
	host, base, auth string
	prefix           string
	subjects         int
	versions         int
	conns            int
	ids              []atomic.Int64 // by subject and version
}

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	base := flag.String("url", "", "the registry, with its path")
	user := flag.String("user", "", "for basic authentication; the password is REGISTRY_PASSWORD")
	prefix := flag.String("prefix", "", "of the subjects' names")
	subjects := flag.Int("subjects", 10000, "how many subjects to register")
	versions := flag.Int("versions", 5, "of each subject")
	conns := flag.Int("connections", 32, "at once")
	each := flag.Duration("each", 5*time.Second, "how long each kind of request is made")
	fill := flag.Bool("fill", true, "register the subjects first")
	flag.Parse()
	u, err := url.Parse(*base)
	if err != nil {
		return err
	}
	t := &target{host: u.Host, base: strings.TrimSuffix(u.Path, "/"), prefix: *prefix, subjects: *subjects, versions: *versions, conns: *conns}
	if *user != "" {
		t.auth = "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(*user+":"+os.Getenv("REGISTRY_PASSWORD"))) + "\r\n"
	}
	t.ids = make([]atomic.Int64, *subjects**versions)
	if *fill {
		if err := t.fill(); err != nil {
			return err
		}
	} else if err := t.learn(); err != nil {
		return err
	}
	for _, k := range t.kinds() {
		if err := t.measure(k.name, *each, k.ask); err != nil {
			return err
		}
	}
	return nil
}

// kind is a kind of request; ask makes the nth of them.
type kind struct {
	name string
	ask  func(c *conn) error
}

func (t *target) kinds() []kind {
	random := func() (s, v int) { return rand.IntN(t.subjects), rand.IntN(t.versions) }
	return []kind{
		{"by id", func(c *conn) error {
			s, v := random()
			return c.get("/schemas/ids/" + strconv.FormatInt(t.ids[s*t.versions+v].Load(), 10))
		}},
		{"latest", func(c *conn) error {
			s, _ := random()
			return c.get("/subjects/" + t.subject(s) + "/versions/latest")
		}},
		{"lookup", func(c *conn) error {
			s, v := random()
			return c.post("/subjects/"+t.subject(s), body(s, v))
		}},
		{"compatibility", func(c *conn) error {
			s, _ := random()
			return c.post("/compatibility/subjects/"+t.subject(s)+"/versions/latest", body(s, t.versions))
		}},
		{"register again", func(c *conn) error {
			s, v := random()
			return c.post("/subjects/"+t.subject(s)+"/versions", body(s, v))
		}},
	}
}

func (t *target) subject(n int) string { return fmt.Sprintf("%ss%05d-value", t.prefix, n) }

// body is a request with version v of subject s: each version has one more
// field, with a default.
func body(s, v int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"type":"record","name":"Order%d","namespace":"com.example.sales","doc":"An order as the shop took it","fields":[`, s)
	b.WriteString(`{"name":"id","type":"long"},{"name":"customer","type":"string","doc":"who ordered"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}`)
	for i := range v {
		fmt.Fprintf(&b, `,{"name":"note%d","type":["null","string"],"default":null}`, i)
	}
	b.WriteString(`]}`)
	raw, _ := json.Marshal(map[string]string{"schema": b.String()}) // strings always can be written
	return raw
}

// fill registers everything and says how fast that was.
func (t *target) fill() error {
	var next atomic.Int64
	times := make([][]time.Duration, t.conns)
	begin := time.Now()
	err := t.each(func(i int, c *conn) error {
		for {
			s := int(next.Add(1)) - 1
			if s >= t.subjects {
				return nil
			}
			for v := range t.versions {
				from := time.Now()
				if err := c.post("/subjects/"+t.subject(s)+"/versions", body(s, v)); err != nil {
					return err
				}
				times[i] = append(times[i], time.Since(from))
				t.ids[s*t.versions+v].Store(c.id())
			}
		}
	})
	if err == nil {
		report("register", slices.Concat(times...), time.Since(begin))
	}
	return err
}

// learn asks for the ids of what was registered before.
func (t *target) learn() error {
	var next atomic.Int64
	return t.each(func(_ int, c *conn) error {
		for {
			s := int(next.Add(1)) - 1
			if s >= t.subjects {
				return nil
			}
			for v := range t.versions {
				if err := c.get(fmt.Sprintf("/subjects/%s/versions/%d", t.subject(s), v+1)); err != nil {
					return err
				}
				t.ids[s*t.versions+v].Store(c.id())
			}
		}
	})
}

// measure asks on every connection until the time is over. A tenth of the time
// before it is not counted.
func (t *target) measure(name string, d time.Duration, ask func(*conn) error) error {
	times := make([][]time.Duration, t.conns)
	begin := time.Now().Add(d / 10)
	end := begin.Add(d)
	err := t.each(func(i int, c *conn) error {
		for {
			from := time.Now()
			if from.After(end) {
				return nil
			}
			if err := ask(c); err != nil {
				return err
			}
			if from.After(begin) {
				times[i] = append(times[i], time.Since(from))
			}
		}
	})
	if err == nil {
		report(name, slices.Concat(times...), d)
	}
	return err
}

func report(name string, times []time.Duration, d time.Duration) {
	if len(times) == 0 {
		times = []time.Duration{d} // nothing ended in that time
	}
	slices.Sort(times)
	ms := func(q float64) float64 { return times[int(q*float64(len(times)-1))].Seconds() * 1000 }
	fmt.Printf("%s\t%.0f\t%.2f\t%.2f\n", name, float64(len(times))/d.Seconds(), ms(0.5), ms(0.99))
}

// each runs something on every connection at once.
func (t *target) each(do func(i int, c *conn) error) error {
	errs := make([]error, t.conns)
	var all sync.WaitGroup
	for i := range t.conns {
		all.Go(func() {
			c, err := t.dial()
			if err == nil {
				defer c.Close()
				err = do(i, c)
			}
			errs[i] = err
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// conn is a connection and the last answer's body.
type conn struct {
	net.Conn
	t    *target
	r    *bufio.Reader
	out  bytes.Buffer
	body []byte
}

func (t *target) dial() (*conn, error) {
	c, err := net.Dial("tcp", t.host)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, t: t, r: bufio.NewReaderSize(c, 16<<10)}, nil
}

func (c *conn) get(path string) error { return c.ask("GET", path, nil) }

func (c *conn) post(path string, body []byte) error { return c.ask("POST", path, body) }

// ask sends a request and reads the answer; anything but 200 is an error.
func (c *conn) ask(method, path string, body []byte) error {
	c.out.Reset()
	fmt.Fprintf(&c.out, "%s %s%s HTTP/1.1\r\nHost: %s\r\n%s", method, c.t.base, path, c.t.host, c.t.auth)
	if body != nil {
		fmt.Fprintf(&c.out, "Content-Type: application/vnd.schemaregistry.v1+json\r\nContent-Length: %d\r\n", len(body))
	}
	c.out.WriteString("\r\n")
	c.out.Write(body)
	if _, err := c.Write(c.out.Bytes()); err != nil {
		return err
	}
	status, err := c.answer()
	if err == nil && status != "200" {
		err = fmt.Errorf("%s %s: %s %.300s", method, path, status, c.body)
	}
	return err
}

// answer reads head and body.
func (c *conn) answer() (status string, err error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil || len(line) < 12 {
		return "", fmt.Errorf("no answer: %q %w", line, err)
	}
	status = string(line[9:12])
	length, chunked := 0, false
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch strings.ToLower(string(name)) {
		case "content-length":
			length, err = strconv.Atoi(string(bytes.TrimSpace(value)))
		case "transfer-encoding":
			chunked = true
		}
		if err != nil {
			return "", err
		}
	}
	if chunked {
		return status, c.chunks()
	}
	c.body = slices.Grow(c.body[:0], length)[:length]
	_, err = io.ReadFull(c.r, c.body)
	return status, err
}

// chunks reads a body that comes in chunks.
func (c *conn) chunks() error {
	c.body = c.body[:0]
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		at := len(c.body)
		c.body = slices.Grow(c.body, int(n)+2)[:at+int(n)+2]
		if _, err := io.ReadFull(c.r, c.body[at:]); err != nil {
			return err
		}
		if c.body = c.body[:at+int(n)]; n == 0 {
			return nil
		}
	}
}

// id is the schema's id in the last answer.
func (c *conn) id() int64 {
	var a struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal(c.body, &a); err != nil || a.ID == 0 {
		log.Fatalf("no id in %s", c.body)
	}
	return a.ID
}
