//! The router, and the server from its start to its end.

use super::service::{Models, Service};
use super::{ServeSettings, handlers};
use crate::error::{Error, Result};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::future::Future;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;

/// Every route over this service.
pub fn app(service: Service) -> Router {
    Router::new()
        .route("/sql", post(handlers::sql))
        .route("/summarize", post(handlers::summarize))
        .route("/generate", post(handlers::generate))
        .route("/health", get(handlers::health))
        .route("/ready", get(handlers::ready))
        .route("/models", get(handlers::models))
        .route("/metrics", get(handlers::metrics))
        .route("/openapi.json", get(handlers::openapi))
        .fallback(handlers::no_such_route)
        .method_not_allowed_fallback(handlers::wrong_method)
        .layer(CatchPanicLayer::custom(handlers::panicked))
        .layer(from_fn_with_state(service.clone(), handlers::observe))
        .with_state(service)
}

/// Serves until the process is told to stop (interrupt or terminate), and then until what is in flight has ended.
///
/// # Errors
/// Where the address cannot be used or the model cannot be loaded.
pub fn run(settings: &ServeSettings, models: Models) -> Result<()> {
    quiet_panics();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::Io { context: "starting the runtime".to_owned(), source })?;
    runtime.block_on(async {
        let context = || format!("listening on {}", settings.addr);
        let listener =
            TcpListener::bind(settings.addr).await.map_err(|source| Error::Io { context: context(), source })?;
        let (service, loaded) = Service::start_all(settings.clone(), models)?;
        let stop = told_to_stop();
        tokio::pin!(stop);
        let serving = listen(listener, service, &mut stop);
        let failed = async {
            match loaded.await {
                Ok(Err(error)) => error,
                // Loaded: from here on only the server itself decides.
                _ => std::future::pending().await,
            }
        };
        tokio::select! { result = serving => result, error = failed => Err(error) }
    })
}

/// Serves on this listener until `stop`, then for the time of grace at most.
///
/// # Errors
/// [`Error::Io`] where the listener fails.
pub async fn listen(listener: TcpListener, service: Service, stop: impl Future<Output = ()>) -> Result<()> {
    let grace = service.shared.settings.grace;
    let place = listener.local_addr().map(|addr| addr.to_string()).unwrap_or_default();
    tracing::info!("listening on http://{place}");
    let (begin_end, mut ending) = watch::channel(false);
    let closing = service.clone();
    let server = axum::serve(listener, app(service)).with_graceful_shutdown(async move {
        // An error means that the sender is gone, which is an end as well.
        drop(ending.wait_for(|&ending| ending).await);
    });
    let out_of_patience = async {
        stop.await;
        tracing::info!("stopping: no new questions are taken");
        closing.close();
        let _ = begin_end.send(true);
        tokio::time::sleep(grace + Duration::from_millis(100)).await;
    };
    let failed = |source| Error::Io { context: "serving".to_owned(), source };
    tokio::select! {
        result = async { server.await } => result.map_err(failed),
        () = out_of_patience => {
            tracing::warn!("stopped with requests in flight after {} s", grace.as_secs());
            Ok(())
        }
    }
}

/// Panic messages may quote the text being worked on, so only their place is logged.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!("a panic at {place}");
    }));
}

async fn told_to_stop() {
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! { () = interrupted => {}, () = terminated => {} }
}
