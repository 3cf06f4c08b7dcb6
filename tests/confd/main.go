// A stand-in for confd, of the standard library alone: tests use it where the real ones cannot be fetched. It does what
// confd documents for its Redis backend and for template resources, with Go's own text/template. It is not confd, and
// what it accepts proves nothing about confd: tests/install-confd gets the real ones, and the tests then use these too.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Options are those of both command lines: `confd -backend redis -node H:P …` and `confd redis --node H:P …`.
type Options struct {
	confdir, prefix, password string
	nodes                     nodeList
	interval                  int
	onetime, watch, noop      bool
}

type nodeList []string

func (n *nodeList) String() string { return strings.Join(*n, ",") }

func (n *nodeList) Set(node string) error {
	*n = append(*n, node)
	return nil
}

func parseOptions(arguments []string) (*Options, error) {
	var backend string
	if len(arguments) > 0 && !strings.HasPrefix(arguments[0], "-") {
		backend, arguments = arguments[0], arguments[1:]
	}
	options := &Options{}
	flags := flag.NewFlagSet("confd", flag.ContinueOnError)
	flags.StringVar(&backend, "backend", backend, "redis")
	flags.Var(&options.nodes, "node", "host:port, or the path of a socket; may be repeated")
	flags.StringVar(&options.confdir, "confdir", "/etc/confd", "where conf.d and templates are")
	flags.StringVar(&options.prefix, "prefix", "", "in place of those of the resources")
	flags.StringVar(&options.password, "client-key", "", "Redis' password")
	flags.IntVar(&options.interval, "interval", 600, "seconds between two runs")
	flags.BoolVar(&options.onetime, "onetime", false, "run once and exit")
	flags.BoolVar(&options.watch, "watch", false, "run at keyspace events")
	flags.BoolVar(&options.noop, "noop", false, "change nothing")
	flags.String("log-level", "info", "ignored: all is logged")
	version := flags.Bool("version", false, "print what this is")
	if err := flags.Parse(arguments); err != nil {
		return nil, err
	}
	if *version {
		fmt.Println("a stand-in for confd, of Beachhead's tests")
		os.Exit(0)
	}
	if backend != "redis" || flags.NArg() > 0 {
		return nil, errors.New("the backend must be redis, and nothing may follow the options")
	}
	if len(options.nodes) == 0 {
		options.nodes = nodeList{"127.0.0.1:6379"}
	}
	return options, nil
}

func loadResources(options *Options, store *Redis) ([]*Resource, error) {
	paths, err := filepath.Glob(filepath.Join(options.confdir, "conf.d", "*.toml"))
	if err != nil {
		return nil, err
	}
	var resources []*Resource
	for _, path := range paths {
		resource, err := loadResource(path, options, store)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		resources = append(resources, resource)
	}
	return resources, nil
}

// processAll goes on behind an error; the last one is returned.
func processAll(options *Options, store *Redis) error {
	resources, last := loadResources(options, store)
	for _, resource := range resources {
		if err := resource.process(); err != nil {
			log.Print("ERROR ", err)
			last = err
		}
	}
	return last
}

const pauseAfterError = 2 * time.Second

// watchForever runs a resource at once and then at each event.
func watchForever(resource *Resource, store *Redis) {
	for event := false; ; event = true {
		if event {
			if err := store.waitForEvent(resource.prefix); err != nil {
				log.Print("ERROR ", err)
				time.Sleep(pauseAfterError)
				continue
			}
		}
		if err := resource.process(); err != nil {
			log.Print("ERROR ", err)
		}
	}
}

func run(arguments []string) error {
	options, err := parseOptions(arguments)
	if err != nil {
		return err
	}
	store := &Redis{nodes: options.nodes, password: options.password, events: make(chan error)}
	if options.onetime {
		return processAll(options, store)
	}
	if options.watch {
		resources, err := loadResources(options, store)
		if err != nil {
			return err
		}
		for _, resource := range resources {
			go watchForever(resource, store)
		}
		select {}
	}
	for {
		_ = processAll(options, store) // which has logged it
		time.Sleep(time.Duration(options.interval) * time.Second)
	}
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "confd (stand-in):", err)
		os.Exit(1)
	}
}
