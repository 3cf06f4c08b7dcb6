package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Redis is asked over one connection, and heard over another, for all resources.
type Redis struct {
	nodes    []string
	password string

	mutex   sync.Mutex
	asked   *connection
	hearing bool
	events  chan error // nil: something has changed
}

type connection struct {
	net.Conn
	reader *bufio.Reader
}

const replyTimeout = time.Second

var errNil = errors.New("redis: nil")

// dial takes the first node that answers; what follows a "/" is the number of the database.
func dial(nodes []string, password string) (*connection, int, error) {
	err := errors.New("no node")
	for _, node := range nodes {
		database, network := 0, "tcp"
		if at := strings.Index(node, "/"); at >= 0 {
			if number, failed := strconv.Atoi(node[at+1:]); failed == nil {
				database, node = number, node[:at]
			}
		}
		if _, missing := os.Stat(node); missing == nil {
			network = "unix"
		}
		var dialled net.Conn
		if dialled, err = net.DialTimeout(network, node, time.Second); err != nil {
			continue
		}
		c := &connection{dialled, bufio.NewReader(dialled)}
		if err = c.begin(password, database); err == nil {
			return c, database, nil
		}
		c.Close()
	}
	return nil, 0, err
}

func (c *connection) begin(password string, database int) error {
	if password != "" {
		if _, err := c.call("AUTH", password); err != nil {
			return err
		}
	}
	_, err := c.call("SELECT", strconv.Itoa(database))
	return err
}

func (c *connection) send(words ...string) error {
	var text strings.Builder
	fmt.Fprintf(&text, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(&text, "$%d\r\n%s\r\n", len(word), word)
	}
	_, err := io.WriteString(c, text.String())
	return err
}

func (c *connection) call(words ...string) (interface{}, error) {
	if err := c.SetDeadline(time.Now().Add(replyTimeout)); err != nil {
		return nil, err
	}
	if err := c.send(words...); err != nil {
		return nil, err
	}
	return c.receive()
}

// receive returns a string, or a slice of what it returns.
func (c *connection) receive() (interface{}, error) {
	line, err := c.reader.ReadString('\n')
	if err != nil {
		return nil, err
	}
	kind, rest := line[0], strings.TrimRight(line[1:], "\r\n")
	size, _ := strconv.Atoi(rest)
	switch {
	case kind == '-':
		return nil, errors.New(rest)
	case kind == '+' || kind == ':':
		return rest, nil
	case size < 0:
		return nil, errNil
	case kind == '$':
		data := make([]byte, size+2)
		_, err := io.ReadFull(c.reader, data)
		return string(data[:size]), err
	}
	items := make([]interface{}, size)
	for i := range items {
		if items[i], err = c.receive(); err != nil && err != errNil {
			return nil, err
		}
	}
	return items, nil
}

// getValues reads each key, or, where a key is no string, all below it. A hash is not read: no registration is one.
func (r *Redis) getValues(keys []string) (map[string]string, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.asked == nil {
		c, _, err := dial(r.nodes, r.password)
		if err != nil {
			return nil, err
		}
		r.asked = c
	}
	values := make(map[string]string)
	for _, key := range keys {
		if err := r.asked.read(strings.ReplaceAll(key, "/*", ""), values); err != nil {
			r.asked.Close()
			r.asked = nil
			return nil, err
		}
	}
	return values, nil
}

func (c *connection) read(key string, values map[string]string) error {
	kind, err := c.call("TYPE", key)
	if err != nil {
		return err
	}
	if kind == "string" {
		return c.get(key, values)
	}
	pattern := strings.TrimSuffix(key, "/") + "/*"
	for cursor := "0"; ; {
		reply, err := c.call("SCAN", cursor, "MATCH", pattern, "COUNT", "1000")
		if err != nil {
			return err
		}
		pair := reply.([]interface{})
		for _, found := range pair[1].([]interface{}) {
			if err := c.get(found.(string), values); err != nil {
				return err
			}
		}
		if cursor = pair[0].(string); cursor == "0" {
			return nil
		}
	}
}

// get leaves out what has gone meanwhile.
func (c *connection) get(key string, values map[string]string) error {
	value, err := c.call("GET", key)
	if err == nil {
		values[key] = value.(string)
	}
	if err == errNil {
		return nil
	}
	return err
}

// What confd listens for: "expired" is not among it.
var watched = map[string]bool{"del": true, "append": true, "rename_from": true, "rename_to": true, "expire": true,
	"set": true, "incrby": true, "incrbyfloat": true, "hset": true, "hincrby": true, "hincrbyfloat": true, "hdel": true}

// waitForEvent returns at an event of a key with that prefix. All resources wait for one channel: an event wakes one of
// them, and the prefix is that of the first.
func (r *Redis) waitForEvent(prefix string) error {
	r.mutex.Lock()
	if !r.hearing {
		r.hearing = true
		go r.hear(prefix)
	}
	r.mutex.Unlock()
	return <-r.events
}

func (r *Redis) hear(prefix string) {
	r.events <- r.listen(prefix)
	r.mutex.Lock()
	r.hearing = false
	r.mutex.Unlock()
}

func (r *Redis) listen(prefix string) error {
	c, database, err := dial(r.nodes, r.password)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Time{}); err != nil {
		return err
	}
	if err := c.send("PSUBSCRIBE", fmt.Sprintf("__keyspace@%d__:%s*", database, prefix)); err != nil {
		return err
	}
	for {
		reply, err := c.receive()
		if err != nil {
			return err
		}
		message := reply.([]interface{})
		if message[0] == "psubscribe" {
			log.Print("INFO listening")
		} else if event, ok := message[len(message)-1].(string); ok && watched[event] {
			r.events <- nil
		}
	}
}
