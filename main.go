/*
Copyright 2026 The ExtendedJob Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

// The manager runs ExtendedJobs.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"go.uber.org/zap/zapcore"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/certs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/config"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/deadline"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/ejcache"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/memorylimit"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/metricsauth"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/servers"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/version"
	fissilewebhooks "github.com/cloudfoundry-incubator/extendedjob-operator/webhooks/fissile"
)

// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

func main() {
	configFile := flag.String("config", "", "Path of a file with an OperatorConfiguration. If not set, everything has its default.")
	configOptional := flag.Bool("config-optional", false, "Use the defaults if the file of --config does not exist.")
	showVersion := flag.Bool("version", false, "Print the version and exit.")
	logging := zap.Options{}
	logging.BindFlags(flag.CommandLine)
	flag.Parse()
	if logging.Level != nil {
		logging.Level = withoutBodies{logging.Level}
	}
	if *showVersion {
		fmt.Println(version.String())
		return
	}

	logger := zap.New(zap.UseFlagOptions(&logging))
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)                                // what client-go logs
	slog.SetDefault(slog.New(logr.ToSlogHandler(logger))) // and net/http
	if err := run(ctrl.SetupSignalHandler(), *configFile, *configOptional); err != nil {
		logger.Error(err, "The manager stopped")
		os.Exit(1)
	}
}

// withoutBodies leaves out of the log levels those at which client-go logs the
// bodies of requests and answers, and with them the data of Secrets.
type withoutBodies struct{ zapcore.LevelEnabler }

// Enabled reports whether a level is logged.
func (l withoutBodies) Enabled(level zapcore.Level) bool {
	const bodies zapcore.Level = -8
	return level > bodies && l.LevelEnabler.Enabled(level)
}

// run runs the manager until ctx ends. The process has to exit then: the Lease
// is released on the way.
func run(ctx context.Context, configFile string, configOptional bool) error {
	configMissing := configOptional && config.IsMissing(configFile)
	if configMissing {
		configFile = ""
	}
	if err := memorylimit.Set(); err != nil {
		return err
	}
	namespace, err := config.PodNamespace()
	if err != nil {
		return err
	}
	configuration, err := config.Load(configFile, namespace)
	if err != nil {
		return err
	}
	restConfig, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	restConfig.UserAgent = fissilev1.FieldManager + "/" + version.String()
	// A webhook or a policy may quote a Secret in a warning, too.
	restConfig.WarningHandlerWithContext = rest.NoWarnings{}
	restConfig.Wrap(deadline.Wrap)
	certificates, err := certs.New(restConfig, configuration)
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), fissilev1.AddToScheme(scheme), fissilev1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	tlsConfig := servers.TLSConfig(certificates.GetCertificate)
	webhooks, err := servers.NewWebhookServer(servers.Options{Address: fmt.Sprintf(":%d", *configuration.Webhook.Port), TLS: tlsConfig})
	if err != nil {
		return err
	}
	cacheScheme, err := ejcache.NewScheme(clientgoscheme.AddToScheme)
	if err != nil {
		return err
	}
	mgr, err := ctrl.NewManager(restConfig, managerOptions(scheme, cacheScheme, configuration, webhooks))
	if err != nil {
		return err
	}

	if configOptional {
		if err := keepRestriction(ctx, mgr, configuration, configMissing); err != nil {
			return err
		}
	}
	collectorImage, err := config.CollectorImage(ctx, mgr.GetAPIReader(), configuration, namespace)
	if err != nil {
		return err
	}
	caches := &cacheCheck{}
	if err := errors.Join(
		certificates.SetupWithManager(mgr),
		ctrlmetrics.Registry.Register(certs.ExpiryMetric(certificates)),
		fissile.SetupWithManager(mgr, controllerOptions(configuration, collectorImage)),
		fissilewebhooks.SetupWithManager(mgr, webhookOptions(configuration, collectorImage)),
		addMetrics(mgr, &configuration.Metrics, tlsConfig),
		addHealth(mgr, configuration.Health.BindAddress, map[string]healthz.Checker{
			"certificates": certificates.Ready,
			"webhooks":     webhooks.StartedChecker(),
			"caches":       caches.filled,
		}),
		addProfiling(mgr, configuration.Profiling.BindAddress),
		mgr.Add(caches),
	); err != nil {
		return err
	}
	ctrl.Log.Info("Starting the manager", "version", version.String(), "configuration", *configuration)
	return mgr.Start(ctx)
}

// keepRestriction has the leader remember the namespaces of a configuration that
// may be missing. It returns an error if the configuration is missing that had
// some.
func keepRestriction(ctx context.Context, mgr ctrl.Manager, configuration *configv1alpha1.OperatorConfiguration, missing bool) error {
	restriction := config.Restriction{
		Reader: mgr.GetAPIReader(),
		Writer: mgr.GetClient(),
		Lease:  types.NamespacedName{Namespace: configuration.Namespace, Name: fissilev1.FieldManager},
	}
	if missing {
		return restriction.Check(ctx)
	}
	return mgr.Add(manager.RunnableFunc(func(ctx context.Context) error {
		return restriction.Record(ctx, configuration.WatchNamespaces)
	}))
}

// managerOptions leave the manager's own servers out: they have no bounds.
func managerOptions(scheme, cacheScheme *runtime.Scheme, configuration *configv1alpha1.OperatorConfiguration, webhooks webhook.Server) ctrl.Options {
	options := ctrl.Options{
		Scheme: scheme,
		Cache: cache.Options{
			Scheme:           cacheScheme,
			ByObject:         fissile.CacheByObject(),
			DefaultTransform: cache.TransformStripManagedFields(),
			// A read must not start to cache a kind that nobody meant to.
			ReaderFailOnMissingInformer: true,
		},
		Client:                        client.Options{FieldOwner: fissilev1.FieldManager},
		Metrics:                       metricsserver.Options{BindAddress: noServer},
		WebhookServer:                 webhooks,
		LeaderElection:                *configuration.LeaderElection.Enabled,
		LeaderElectionID:              fissilev1.FieldManager,
		LeaderElectionNamespace:       configuration.Namespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 new(seconds(configuration.LeaderElection.LeaseDurationSeconds)),
		RenewDeadline:                 new(seconds(configuration.LeaderElection.RenewDeadlineSeconds)),
		RetryPeriod:                   new(seconds(configuration.LeaderElection.RetryPeriodSeconds)),
	}
	if len(configuration.WatchNamespaces) > 0 {
		options.Cache.DefaultNamespaces = map[string]cache.Config{}
		for _, namespace := range configuration.WatchNamespaces {
			options.Cache.DefaultNamespaces[namespace] = cache.Config{}
		}
	}
	return options
}

// noServer is the address of a server that is not wanted.
const noServer = "0"

func addMetrics(mgr ctrl.Manager, settings *configv1alpha1.Metrics, tlsConfig *tls.Config) error {
	if settings.BindAddress == noServer {
		return nil
	}
	options := servers.Options{Address: settings.BindAddress}
	authorize := func(handler http.Handler) http.Handler { return handler }
	if *settings.SecureServing {
		options.TLS = tlsConfig
		var err error
		if authorize, err = metricsauth.New(mgr.GetConfig(), mgr.GetHTTPClient()); err != nil {
			return err
		}
	}
	server, err := servers.NewMetricsServer(options, authorize)
	if err != nil {
		return err
	}
	return mgr.Add(server)
}

func addHealth(mgr ctrl.Manager, address string, ready map[string]healthz.Checker) error {
	if address == noServer {
		return nil
	}
	server, err := servers.NewHealthServer(servers.Options{Address: address}, map[string]healthz.Checker{"ping": healthz.Ping}, ready)
	if err != nil {
		return err
	}
	return mgr.Add(server)
}

func addProfiling(mgr ctrl.Manager, address string) error {
	if address == noServer {
		return nil
	}
	server, err := servers.NewProfilingServer(servers.Options{Address: address})
	if err != nil {
		return err
	}
	return mgr.Add(server)
}

func webhookOptions(configuration *configv1alpha1.OperatorConfiguration, collectorImage string) fissilewebhooks.Options {
	options := fissilewebhooks.Options{
		ReviewRequesters:    *configuration.Webhook.ReviewRequesters,
		ReservedSecretNames: configuration.Output.ReservedSecretNames,
		CollectorImage:      collectorImage,
	}
	if !*configuration.RunInOwnNamespace {
		options.ClosedNamespace = configuration.Namespace
	}
	return options
}

func controllerOptions(configuration *configv1alpha1.OperatorConfiguration, collectorImage string) fissile.Options {
	return fissile.Options{
		Concurrency:         int(*configuration.Concurrency),
		LogReadTimeout:      seconds(configuration.Output.LogReadTimeoutSeconds),
		MaxLogSize:          configuration.Output.MaxLogSize.Value(),
		Debounce:            time.Duration(*configuration.ConfigChange.DebounceMilliseconds) * time.Millisecond,
		Namespace:           configuration.Namespace,
		RunInNamespace:      *configuration.RunInOwnNamespace,
		ReservedSecretNames: configuration.Output.ReservedSecretNames,
		CollectorImage:      collectorImage,
		LeaseDuration:       seconds(configuration.LeaderElection.LeaseDurationSeconds),
	}
}

// cacheCheck is started by the manager when its caches are filled.
type cacheCheck struct{ started atomic.Bool }

func (c *cacheCheck) Start(context.Context) error {
	c.started.Store(true)
	return nil
}

func (c *cacheCheck) NeedLeaderElection() bool { return false }

func (c *cacheCheck) filled(*http.Request) error {
	if !c.started.Load() {
		return errors.New("the caches have not synced yet")
	}
	return nil
}

func seconds(s *int32) time.Duration {
	return time.Duration(*s) * time.Second
}
